/** Files that are no text as they are: which they are is told by their first octets. */

const encodings = [
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'it is packed with xz', remedy: 'xz -dc' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'it is packed with zstd', remedy: 'zstd -dc' },
  { magic: [0x42, 0x5a, 0x68], what: 'it is packed with bzip2', remedy: 'bzip2 -dc' },
  { magic: [0xff, 0xfe], what: 'it is UTF-16', remedy: 'iconv -f UTF-16 -t UTF-8' },
  { magic: [0xfe, 0xff], what: 'it is UTF-16', remedy: 'iconv -f UTF-16 -t UTF-8' },
] as const;

/** As many octets tell it. */
export const encodingHeadBytes = 5;

/** What is wrong with a file that begins like this, with the command that makes a log of it; undefined: nothing. */
export const findEncoding = (head: Uint8Array): string | undefined => {
  const found = encodings.find(({ magic }) => magic.every((octet, at) => head[at] === octet));
  return found && `${found.what}; give what "${found.remedy}" makes of it, and - as the log`;
};
