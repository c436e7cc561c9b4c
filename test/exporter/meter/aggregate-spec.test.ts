import t from 'tap';
import { parseAggregate } from '../../../exporter/meter/aggregate-spec.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const defaults = {
  windowMicros: 60_000_000,
  srcPrefix4: 32,
  dstPrefix4: 32,
  srcPrefix6: 128,
  dstPrefix6: 128,
  maxGroups: 262_144,
};

t.test('what is not said has its default', async (t) => {
  t.same(parseAggregate(''), defaults);
  t.same(parseAggregate('window=5m'), { ...defaults, windowMicros: 300_000_000 });
  t.same(parseAggregate('src=24, dst=0, src6=64, dst6=48,window=10'), {
    ...defaults,
    windowMicros: 10_000_000,
    srcPrefix4: 24,
    dstPrefix4: 0,
    srcPrefix6: 64,
    dstPrefix6: 48,
  });
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['windows=5m', /^--aggregate windows=5m: not one of window=60s, src=32, dst=32, src6=128, dst6=128$/],
  ['toString=1', /not one of/],
  ['src', /^--aggregate src: not one of/],
  ['src=1=2', /not one of/],
  ['src=33', /^--aggregate src=33: not a prefix length from 0 to 32$/],
  ['dst6=129', /^--aggregate dst6=129: not a prefix length from 0 to 128$/],
  ['src=', /not a prefix length/],
  ['src=-1', /not a prefix length/],
  ['src=24,src=16', /^--aggregate src=16: src was there before$/],
  ['window=0', /^--aggregate window 0: not from 1s to 1d$/],
  ['window=2d', /not from 1s to 1d/],
  ['window=soon', /^--aggregate window soon: not a duration/],
];
for (const [text, message] of wrong)
  t.test(`${text} is refused`, async (t) => {
    t.throws(() => parseAggregate(text), { name: 'ConfigError', message });
    t.throws(() => parseAggregate(text), ConfigError);
  });
