/** A frame that no way back takes. */
export class FrameTooLongError extends Error {
  override readonly name = 'FrameTooLongError';
  readonly code = 'TP_FRAME_TOO_LONG';
  readonly hint =
    'let the slow path see only packets up to the MTU: turn segmentation offload off where they come from';

  constructor(length: number, most: number, cause?: unknown) {
    super(`a frame of ${length} bytes cannot be sent back: ${most} bytes are the most`, { cause });
  }
}
