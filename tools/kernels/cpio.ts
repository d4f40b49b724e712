// Archives as the kernel unpacks them into its first file system: "newc" of Documentation/driver-api/early-userspace.

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;
const LINK = 0o120777;
const MAGIC = '070701';

/** Made in memory; archives may be put one behind the other. */
export class CpioArchive {
  readonly #parts: Uint8Array[] = [];
  readonly #paths = new Set<string>();
  #inode = 0;

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  file(path: string, content: Uint8Array | string, executable = false): void {
    this.directory(path.slice(0, path.lastIndexOf('/')));
    this.#add(path, executable ? PROGRAM : FILE, typeof content === 'string' ? Buffer.from(content) : content);
  }

  link(path: string, target: string): void {
    this.directory(path.slice(0, path.lastIndexOf('/')));
    this.#add(path, LINK, Buffer.from(target));
  }

  /** With those that it is in. */
  directory(path: string): void {
    if (path === '' || this.has(path)) return;
    this.directory(path.slice(0, path.lastIndexOf('/')));
    this.#add(path, DIRECTORY, new Uint8Array());
  }

  bytes(): Uint8Array {
    this.#add('/TRAILER!!!', 0, new Uint8Array());
    return Buffer.concat(this.#parts);
  }

  #add(path: string, mode: number, content: Uint8Array): void {
    this.#paths.add(path);
    const name = path.slice(1);
    // Inode, mode, uid, gid, links, time, size, device twice (major, minor), size of the name, checksum.
    const fields = [++this.#inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
    const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    this.#push(Buffer.from(`${header}${name}\0`));
    this.#push(content);
  }

  /** Headers and contents both end at multiples of 4. */
  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes, new Uint8Array(-bytes.length & 3));
  }
}
