/** The time and the CPU time of this process, in nanoseconds. */
export const clock = {
  wall: () => Number(process.hrtime.bigint()),
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
};
