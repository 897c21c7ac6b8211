// Why the server does not start, in words that say what to do.

export type StartErrorCode =
  | 'not-built'
  | 'port-taken'
  | 'address-refused'
  | 'certificate-unreadable'
  | 'no-network'
  | 'data-refused';

export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;
  constructor(code: StartErrorCode, words: string, cause?: unknown) {
    super(words, { cause });
    this.code = code;
  }
}

/** What went wrong while opening `host:port`. */
export function listenError(error: unknown, host: string, port: number): StartError {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'EADDRINUSE')
    return new StartError(
      'port-taken',
      `Port ${port} is taken by another program. Stop that one, or choose another port with --port.`,
      error,
    );
  if (code === 'EACCES')
    return new StartError('port-taken', `This user may not open port ${port}. Choose one above 1023.`, error);
  return new StartError('address-refused', `Cannot listen on ${host}, port ${port}.`, error);
}
