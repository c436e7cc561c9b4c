/** A network namespace of the test's own: its interfaces, settings and processes. Linux, root. */

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { peerPath } from './peers.ts';

const runIp = (...args: readonly string[]): string =>
  execFileSync(peerPath('ip'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

export class NetworkNamespace {
  readonly name: string;
  readonly #children = new Set<ChildProcess>();
  readonly #remove = (): void => {
    // A process that goes on keeps the namespace, whose name alone would be gone.
    for (const child of this.#children) child.kill('SIGKILL');
    try {
      runIp('netns', 'del', this.name);
    } catch {
      // It is gone already.
    }
  };

  /** Makes it, with its loopback up. `name` is seen by everybody on the machine. */
  constructor(name: string) {
    this.name = name;
    runIp('netns', 'add', name);
    // A test that is ended by its runner has no time to wait for its processes, but leaves no namespace behind.
    process.once('exit', this.#remove);
    this.ip('link', 'set', 'lo', 'up');
  }

  /** `ip` for this namespace. */
  ip(...args: readonly string[]): string {
    return runIp('-n', this.name, ...args);
  }

  /** Sets a value below /proc/sys, as it is in here: `net.netfilter.nf_conntrack_acct`. */
  set(settings: Readonly<Record<string, number>>): void {
    const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    this.run('sysctl', '-q', '-w', ...pairs);
  }

  /** Runs a program to its end and returns what it printed; throws when it fails. */
  run(command: string, ...args: readonly string[]): string {
    const inHere = ['netns', 'exec', this.name, command, ...args];
    return execFileSync(peerPath('ip'), inHere, {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Starts a program. Its pid is that of the child: `ip netns exec` becomes what it runs. It ends with the namespace. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn(peerPath('ip'), ['netns', 'exec', this.name, command, ...args], options);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Rules in the language of `nft -f`. */
  loadRules(rules: string): void {
    execFileSync(peerPath('ip'), ['netns', 'exec', this.name, peerPath('nft'), '-f', '-'], { input: rules });
  }

  /** Kills what still runs in it, and removes it with all its interfaces. */
  async remove(): Promise<void> {
    process.off('exit', this.#remove);
    const exits = [...this.#children].map((child) => once(child, 'exit'));
    this.#remove();
    await Promise.all(exits);
  }
}

/** Connects two namespaces; `undefined` is the one we run in. */
export const joinNamespaces = (
  [left, leftInterface]: readonly [NetworkNamespace | undefined, string],
  [right, rightInterface]: readonly [NetworkNamespace, string],
): void => {
  const there = left === undefined ? [] : ['netns', left.name];
  const peer = ['peer', 'name', rightInterface, 'netns', right.name];
  runIp('link', 'add', leftInterface, ...there, 'type', 'veth', ...peer);
};

/** An address with its prefix length, on an interface that then is up. No wait for duplicate address detection. */
export const addAddresses = (
  namespace: NetworkNamespace | undefined,
  interfaceName: string,
  ...addresses: readonly string[]
): void => {
  const where = namespace === undefined ? [] : ['-n', namespace.name];
  for (const address of addresses) {
    const nodad = address.includes(':') ? ['nodad'] : [];
    runIp(...where, 'address', 'add', address, 'dev', interfaceName, ...nodad);
  }
  runIp(...where, 'link', 'set', interfaceName, 'up');
};
