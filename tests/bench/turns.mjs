import { step } from "../../js/build/run.mjs";

/**
 * What each repetition gave, by contender and column. All contenders take turns, and every other time the other way
 * round, so that whatever else the machine does meets all of them alike.
 */
export async function measured(group, { node, mode }) {
  const { contenders, columns, repetitions, seconds } = group;
  const results = new Map(contenders.map((contender) => [contender, {}]));
  const turns = columns.flatMap((column) => contenders.map((contender) => ({ column, contender })));
  const expected = Math.ceil(turns.length * repetitions[mode] * seconds[mode]);
  await step(`measuring: ${group.name}`, `${expected} s`, async () => {
    for (let repetition = 0; repetition < repetitions[mode]; repetition++) {
      for (const { column, contender } of repetition % 2 ? turns.toReversed() : turns) {
        const found = results.get(contender);
        found[column] ??= [];
        found[column].push(await group.once(contender, column, { node, mode }));
      }
    }
  });
  return results;
}
