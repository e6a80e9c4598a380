/** Loads every escape hatch, so that descriptors can name them. */
export {};
