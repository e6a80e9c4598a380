export function allowed(from: string, to: string): boolean;
export function specifiers(text: string): string[];
export function sourceFiles(dir: string): string[];
export function violations(src?: string): string[];
