/** The closed list of ways in which a peer's octets can be wrong: a sentence for people, and the clause that says so. */
export const formatErrors = {
  'unknown-version': ['The first two octets are no version that we know (5, 9, 10).', 'RFC 7011 3.1'],
  'truncated-header': ['The datagram ends inside its Message Header.', 'RFC 7011 3.1, RFC 3954 5.1'],
  'message-length': ['The IPFIX Message Length is not the length of the datagram.', 'RFC 7011 3.1'],
  'record-count': [
    'The NetFlow v5 header counts other records than the datagram holds.',
    'NetFlow v5 header',
  ],
  'set-length': ['A Set is shorter than its header, or ends behind the Message.', 'RFC 7011 3.3.2'],
  'reserved-set': ['The Set id is one of those that are reserved.', 'RFC 7011 3.3.2'],
  'template-id': ['A Template has an id below 256.', 'RFC 7011 3.4.1'],
  'template-truncated': ['A Template Record ends behind its Set.', 'RFC 7011 3.4.1'],
  'template-empty': ['A Template has no fields (and is no withdrawal).', 'RFC 7011 3.4.1'],
  'template-fields': ['A Template has more fields than we take.', 'our limit'],
  'template-zero-length': ['The shortest record of a Template has no octets.', 'RFC 7011 3.4.1'],
  'template-scope': [
    'The scope of an Options Template does not fit its fields.',
    'RFC 7011 3.4.2.2, RFC 3954 6.1',
  ],
  'record-overrun': ['A variable-length field ends behind its Set.', 'RFC 7011 7'],
  'set-without-record': ['A Data Set is too short for one record.', 'RFC 7011 3.4.3'],
} as const;

export type FormatErrorCode = keyof typeof formatErrors;

/**
 * What a peer sent is wrong. It carries no stack trace: a flood of bad datagrams must stay cheap. It is caught in one
 * place (`decode-datagram`) and counted under its code.
 */
export class FormatError {
  readonly code: FormatErrorCode;

  constructor(code: FormatErrorCode) {
    this.code = code;
  }

  get message(): string {
    const [sentence, clause] = formatErrors[this.code];
    return `${sentence} (${clause})`;
  }
}
