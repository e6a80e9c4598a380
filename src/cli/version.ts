/** The version of package.json, put in at build time by import. */
import manifest from "../../package.json" with { type: "json" };

export const version: string = manifest.version;
