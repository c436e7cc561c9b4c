/** Processes as a test says they are, for what reads /proc. */

import type { ProcessOwner, ProcessReader, ProcessStat } from '../../exporter/observe/process-reader.ts';

export interface FakeProcess {
  readonly parent?: number;
  readonly startTicks?: number;
  readonly name?: string;
  readonly command?: string;
  readonly owner?: ProcessOwner;
  readonly cgroups?: string;
  /** Inodes of sockets by descriptor; 0 is another file. */
  readonly sockets?: Readonly<Record<string, number>>;
  readonly isHidden?: boolean;
}

export class FakeProcesses implements ProcessReader {
  denied = 0;
  /** How often lists of processes, descriptors and links were asked for. */
  readonly asked = { lists: 0, descriptors: 0, links: 0, commands: 0 };
  /** Runs before each link is read: the world may change meanwhile. */
  beforeLink: (pid: number) => void = () => undefined;
  readonly all: Map<number, FakeProcess>;

  constructor(processes: Readonly<Record<number, FakeProcess>>) {
    this.all = new Map(Object.entries(processes).map(([pid, fake]) => [Number(pid), fake]));
  }

  change(pid: number, changed: FakeProcess): void {
    this.all.set(pid, { ...this.all.get(pid), ...changed });
  }

  readStat(pid: number): ProcessStat | undefined {
    const fake = this.all.get(pid);
    return (
      fake && { name: fake.name ?? `p${pid}`, parent: fake.parent ?? 1, startTicks: fake.startTicks ?? pid }
    );
  }

  readOwner(pid: number): ProcessOwner | undefined {
    return this.all.get(pid)?.owner;
  }

  readCommand(pid: number, maxBytes: number): string {
    this.asked.commands++;
    return (this.all.get(pid)?.command ?? '').slice(0, maxBytes);
  }

  readCgroups(pid: number): string {
    return this.all.get(pid)?.cgroups ?? '';
  }

  listProcesses(): number[] {
    this.asked.lists++;
    return [...this.all.keys()];
  }

  listChildren(pid: number): number[] {
    return [...this.all].filter(([, { parent }]) => parent === pid).map(([child]) => child);
  }

  listDescriptors(pid: number): readonly string[] {
    this.asked.descriptors++;
    const fake = this.all.get(pid);
    if (fake?.isHidden) this.denied++;
    return fake === undefined || fake.isHidden ? [] : Object.keys(fake.sockets ?? {});
  }

  readLink(pid: number, descriptor: string): string {
    this.asked.links++;
    this.beforeLink(pid);
    const inode = this.all.get(pid)?.sockets?.[descriptor];
    return inode === undefined ? '' : inode === 0 ? '/dev/null' : `socket:[${inode}]`;
  }
}
