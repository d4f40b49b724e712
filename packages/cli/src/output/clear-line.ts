/** Back to the beginning of the line, and nothing on it. */
export const CLEAR_LINE = '\r\x1b[2K';
