import t from 'tap';
import { escapeText } from '../../../exporter/print/escape-text.ts';

t.test('what people read stays', async (t) => {
  t.equal(escapeText('sh -c "a b" \u00e9\u4e2d\u{1f40b}'), 'sh -c "a b" \u00e9\u4e2d\u{1f40b}');
});

t.test('controls, and what turns or hides text, do not', async (t) => {
  t.equal(escapeText('\n\u001b\u007f\u009b'), '\\u000a\\u001b\\u007f\\u009b');
  t.equal(escapeText('\u202e\u200b\u2028\ud800'), '\\u202e\\u200b\\u2028\\ud800');
  t.equal(escapeText('\u{e0001}'), '\\udb40\\udc01', 'both units of a tag character');
});

t.test('no escape can be made up, and JSON reads all of them back', async (t) => {
  t.equal(escapeText('\\u000a'), '\\\\u000a');
  const text = 'a\\b\n\u202e\u{e0001}';
  t.equal(JSON.parse(`"${escapeText(text)}"`), text);
});
