/** The side of a worker process that answers: a line of JSON in, a line out. */
import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Answers questions from standard input, one after another, until it closes; an error is an answer, too, and a
 * RangeError a refusal.
 *
 * @param answers What is done for each `do` of a question, with its other fields.
 */
export async function answerQuestions(answers: object): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...request } = JSON.parse(line) as { do: string };
    let reply: unknown;
    try {
      const answer = answers[name as keyof typeof answers] as (request: unknown) => unknown;
      reply = await answer(request);
    } catch (error) {
      reply = { error: String(error), ...error instanceof RangeError ? { refused: true } : {} };
    }
    process.stdout.write(JSON.stringify(reply) + "\n");
  }
}
