// Ends as a task's process can. The task's property `segment` says how.
const { segment: how } = JSON.parse(process.argv[2]);
if (how === "exit") process.exit(3);
if (how === "kill") process.kill(process.pid, "SIGKILL");
if (how === "throw") throw new TypeError("a fault of the program");
if (how === "memory") {
  const kept = [];
  for (;;) kept.push(Array.from({ length: 1000 }, () => ({})));
}
