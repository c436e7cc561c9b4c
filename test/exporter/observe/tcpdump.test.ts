import t from 'tap';
import { openTcpdump } from '../../../exporter/observe/tcpdump.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

/** A program in the place of tcpdump: it says what it was called with. */
const program = (script: string): [string, ...string[]] => [process.execPath, '-e', script, '--'];
const options = { interfaceName: 'eth9', captureFilter: 'udp port 53' };
const listening = 'console.error("tcpdump: listening on eth9, link-type EN10MB");';

t.test('its octets come, and what it says', async (t) => {
  const lines: string[] = [];
  const script = `${listening} process.stdout.write(process.argv.slice(1).join("|"));
    setInterval(() => {}, 1000);
    process.on("SIGTERM", () => { process.stdout.write("|the last"); console.error("3 packets captured"); process.exitCode = 0; process.stdout.end(() => process.exit(0)); });`;
  const tcpdump = await openTcpdump(
    { ...options, command: program(script) },
    { info: (line) => lines.push(line) },
  );
  let text = '';
  for await (const piece of tcpdump.octets()) {
    text += Buffer.from(piece).toString();
    tcpdump.stop();
  }
  t.equal(text, '-i|eth9|-n|-U|--immediate-mode|-s|256|-w|-|--|udp port 53|the last');
  t.same(lines, ['tcpdump: listening on eth9, link-type EN10MB', 'tcpdump: 3 packets captured']);
});

t.test('what it refuses is said in words that help', async (t) => {
  const log = { info: () => undefined };
  const said = async (text: string): Promise<string> => {
    const command = program(`console.error(${JSON.stringify(text)}); process.exit(1)`);
    const error: unknown = await openTcpdump({ ...options, command }, log).catch((error: unknown) => error);
    t.ok(error instanceof ConfigError);
    return String(error);
  };
  t.match(
    await said("tcpdump: eth9: You don't have permission to capture on that device"),
    /permission[\s\S]*root, or: setcap/,
  );
  t.match(await said('tcpdump: eth9: No such device exists'), /No such device[\s\S]*ip link/);
  t.match(await said("tcpdump: can't parse filter expression: syntax error"), /pcap-filter/);
  t.match(await said('tcpdump: something else'), /something else$/);
  await t.rejects(openTcpdump({ ...options, command: ['no-such-tcpdump'] }, log), {
    message: /tcpdump is not installed; install it/,
  });
});

t.test('an end that nobody asked for is an error', async (t) => {
  const script = `${listening} console.error("tcpdump: pcap_loop: The interface disappeared\\n2 packets captured\\n0 packets dropped by kernel"); process.exit(1)`;
  const tcpdump = await openTcpdump({ ...options, command: program(script) }, { info: () => undefined });
  const read = async () => {
    for await (const piece of tcpdump.octets()) t.equal(piece.length, 0);
  };
  await t.rejects(read(), { message: /The interface disappeared/ });
});
