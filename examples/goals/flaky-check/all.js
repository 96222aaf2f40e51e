/** Runs tasks at the same time, and gives their results in the order of the tasks. */
export async function all(tasks) {
  const results = [];
  await Promise.all(tasks.map(async (task) => results.push(await task())));
  return results;
}
