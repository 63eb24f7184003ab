/** What a store refuses by itself. The message says why, and never shows a value. Layers know it by its name. */
export class Refused extends Error {
  override readonly name = "Refused";
}
