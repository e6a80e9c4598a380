/** What lets a program ask to be called before a task returns to user mode (Linux 6.18), and where it can ask. */
import { kernelBtf } from "./btf.ts";
import { finelyTimed } from "./scheduling.ts";

/** include/trace/events/sched.h; told by a task that has its CPU back (6.16). */
const GOES_ON = "sched_exit_tp";

/** Type id of bpf_task_work_schedule_resume (kernel/bpf/helpers.c); 0 where it cannot be used. Throws SysError. */
export function callBackFunction(): number {
  const btf = kernelBtf();
  // of other machines' registers it is not known which call they are in
  if (process.arch !== "x64" || btf.tracepoint(GOES_ON) === 0 || !finelyTimed()) return 0;
  return btf.kernelFunction("bpf_task_work_schedule_resume_impl");
}
