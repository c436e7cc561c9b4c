import root, { type Test } from 'tap';
import { connect } from '../../collector/store/connection.ts';
import { startTestStore, type TestStore } from './test-store.ts';

/** Servers that are running and that no test of this file uses now. */
const idle: TestStore[] = [];

/**
 * A test store with an empty database, on a server that an earlier test of the same file may have used: most of the time of a small
 * test would be the start of one. It is for tests that ask; one that stops its server, or settles it otherwise, starts its own.
 */
export const borrowStore = async (t: Test): Promise<TestStore> => {
  const used = idle.pop();
  const store = used ?? (await startTestStore(root));
  t.teardown(() => void idle.push(store));
  if (used === undefined) return store;
  const admin = connect({ ...store.connection, database: 'default' });
  await admin.command({ query: 'DROP DATABASE flowledger SYNC' });
  await admin.command({ query: 'CREATE DATABASE flowledger' });
  await admin.close();
  return store;
};
