/** Loads every escape hatch, so that descriptors can name them. */
import "./clone.ts";
import "./identity.ts";
import "./process.ts";
import "./signals.ts";
import "./time.ts";
