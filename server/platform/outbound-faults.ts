/** What kept a request from being answered. */
export type FaultCode =
  | 'ADDRESS_REFUSED'
  | 'TIMEOUT'
  | 'CONNECTION'
  | 'TLS'
  | 'DNS'
  | 'PROTOCOL'
  | 'INVALID_URL';

/** A failure that is already told in a sentence for a person. */
export class OutboundFault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}

const connectionSentences: Record<string, string> = {
  ECONNREFUSED: 'The receiver refused the connection.',
  ECONNRESET: 'The connection broke before the response was complete.',
  EPIPE: 'The connection broke before the request was sent.',
  ETIMEDOUT: 'The receiver did not accept the connection.',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'The receiver did not accept the connection.',
  EHOSTUNREACH: 'There is no route to the receiver.',
  ENETUNREACH: 'There is no route to the receiver.',
};

/**
 * Tells in words what node:http, net, tls or the parser said.
 *
 * @param isUntrusted whether the certificate was what broke the connection
 */
export function describeFault(error: unknown, isUntrusted: boolean): OutboundFault {
  if (error instanceof OutboundFault) return error;
  // Of several addresses: why the first of them did not answer.
  if (error instanceof AggregateError && error.errors.length > 0)
    return describeFault(error.errors[0], isUntrusted);
  const { code = '', message } = error as NodeJS.ErrnoException;
  const cause = { cause: error };
  if (code === 'HPE_HEADER_OVERFLOW')
    return new OutboundFault('PROTOCOL', "The response's headers are too large.", cause);
  if (code.startsWith('HPE_'))
    return new OutboundFault('PROTOCOL', 'The response is not valid HTTP/1.1.', cause);
  if (isUntrusted)
    return new OutboundFault('TLS', `The certificate is not trusted: ${code || message}.`, cause);
  if (/^(ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code)) {
    const reason = /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? code;
    return new OutboundFault('TLS', `No secure connection could be agreed on: ${reason}.`, cause);
  }
  return new OutboundFault(
    'CONNECTION',
    connectionSentences[code] ?? `The connection failed${code && `: ${code}`}.`,
    cause,
  );
}
