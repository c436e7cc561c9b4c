const words: Readonly<Record<string, (directory: string) => string>> = {
  ENOSPC: (directory) => `no space left on ${directory}`,
  EDQUOT: (directory) => `the disk quota of ${directory} is used up`,
  EROFS: (directory) => `${directory} is read-only`,
  EACCES: (directory) => `no permission to write to ${directory}`,
  EPERM: (directory) => `no permission to write to ${directory}`,
  EIO: (directory) => `the disk of ${directory} reports an error`,
  ENOENT: (directory) => `${directory} is not there`,
  ENOTDIR: (directory) => `${directory} is not a directory`,
  EEXIST: () => 'a file of that name is there already',
};

/** Why something could not be written to `directory`, in words, with the code behind them: `no space left on DIR (ENOSPC)`. */
export const diskProblem = (error: unknown, directory: string): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return `${directory}: ${message}`;
  const said = words[code];
  return said === undefined ? `${directory}: ${message}` : `${said(directory)} (${code})`;
};
