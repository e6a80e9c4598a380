/** Loads every escape hatch, so that descriptors can name them. */
import "./aio.ts";
import "./clone.ts";
import "./compat.ts";
import "./exec.ts";
import "./fcntl.ts";
import "./files.ts";
import "./identity.ts";
import "./memory.ts";
import "./mount.ts";
import "./process.ts";
import "./quota.ts";
import "./signals.ts";
import "./stat.ts";
import "./time.ts";
import "./xattr.ts";
