import t from 'tap';
import { Log, type LogOptions } from '../../../shared/service/log.ts';

const makeLog = (options: Partial<LogOptions> = {}) => {
  const lines: string[] = [];
  const clock = { ms: Date.UTC(2024, 1, 29, 12, 30, 1, 45) };
  const log = new Log({ write: (line) => lines.push(line), nowMs: () => clock.ms, ...options });
  return { log, lines, clock, take: () => lines.splice(0) };
};

t.test('text for humans', async (t) => {
  const { log, take } = makeLog({ level: 'debug' });
  log.info('listening', {
    socket: 'udp://[::]:2055',
    granted: 4194304,
    dual: true,
    none: undefined,
    note: 'two words',
  });
  log.debug('d');
  log.warn('w');
  log.error('e');
  t.same(take(), [
    '2024-02-29 12:30:01.045Z info  listening socket=udp://[::]:2055 granted=4194304 dual=true note="two words"\n',
    '2024-02-29 12:30:01.045Z debug d\n',
    '2024-02-29 12:30:01.045Z warn  w\n',
    '2024-02-29 12:30:01.045Z error e\n',
  ]);
});

t.test('one JSON object a line for machines', async (t) => {
  const { log, take } = makeLog({ format: 'json' });
  log.warn('lost', { exporter: '192.0.2.1', count: 3, level: 'fatal', time: 'never', message: 'other' });
  const [line] = take();
  t.equal(
    line,
    '{"time":"2024-02-29T12:30:01.045Z","level":"warn","message":"lost","exporter":"192.0.2.1","count":3}\n',
    'fields cannot replace what the log says itself',
  );
});

t.test('lines below the level are not written', async (t) => {
  const { log, take } = makeLog({ level: 'warn' });
  log.debug('a');
  log.info('b');
  log.limited('k', 'info', 'c');
  log.warn('d');
  t.match(take(), [/d\n$/]);
});

t.test('text from the wire forges no lines and moves no cursor', async (t) => {
  const evil = 'a\nb\u001b[2J\u009b1mc\u2028d\u007f';
  for (const format of ['text', 'json'] as const) {
    const { log, take } = makeLog({ format });
    log.info(evil, { name: evil });
    const [line = ''] = take();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be in a line
    t.notMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    t.match(line, /\\u001b|\\x1b/i);
    if (format === 'json') t.equal(JSON.parse(line).name, evil);
  }
});

t.test('one line a key in a while, and then how many were held back', async (t) => {
  const { log, take, clock } = makeLog({ limitMs: 1000 });
  for (let i = 0; i < 5; i++) log.limited('a', 'warn', 'malformed', { exporter: '192.0.2.1' });
  log.limited('b', 'warn', 'other');
  t.match(take(), [/warn {2}malformed exporter=192\.0\.2\.1\n$/, /warn {2}other\n$/]);
  clock.ms += 1000;
  log.limited('a', 'warn', 'malformed', { exporter: '192.0.2.2' });
  t.match(take(), [/malformed key=a suppressed=4\n$/, /malformed exporter=192\.0\.2\.2\n$/]);
  log.limited('a', 'warn', 'malformed');
  log.flush();
  t.match(take(), [/malformed key=a suppressed=1\n$/]);
  log.flush();
  t.same(take(), []);
});

t.test('strangers cannot fill the log with new keys', async (t) => {
  const { log, take, clock } = makeLog();
  for (let i = 0; i < 5000; i++) log.limited(`exporter ${i}`, 'warn', 'refused');
  t.equal(take().length, 1001, 'a thousand keys, and one for all others');
  clock.ms += 60_000;
  log.limited('later', 'warn', 'refused');
  t.match(take(), [/key=\(others\) suppressed=3999\n$/, /refused\n$/]);
});
