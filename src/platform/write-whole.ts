/** Replaces a file's content so that a crash leaves the old or the new; mode and owner stay. Links must be resolved before. */
export async function writeWhole(path: string, content: Buffer): Promise<void> {
  const { default: writeFileAtomic } = await import("write-file-atomic");
  await writeFileAtomic(path, content);
}
