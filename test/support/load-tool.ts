/** Imports a checker that is installed for development only; where it is missing, the error says what to do. */
export const loadTool = async <Tool>(name: string): Promise<Tool> => {
  try {
    return (await import(name)) as Tool;
  } catch (cause) {
    throw new Error(`${name} is not there: npm install --save-dev ${name}`, { cause });
  }
};
