import { type Module, readLesson } from "../modules.ts";
import { exerciseText, freshStub } from "../stub.ts";

/** What a module's exercise and lesson lack of what the commands read in them. */
export function lessonShortcomings(module: Module): string[] {
  const lesson = readLesson(module);
  const stub = freshStub(module);
  // A class has a to-do in each of its methods.
  const written = [
    ...new Set([...stub.matchAll(/throw new Todo\("(\w+)"\)/g)].map(([, name]) => name)),
  ];
  const told = lesson.sections.map(({ functionName }) => functionName);
  return [
    exerciseText(module) !== stub &&
      `${module.exercise} is not what is cut from ${module.solution}: npm run stubs`,
    told.join() !== written.join() &&
      `${module.lesson} has sections for ${told.join(", ")}, the exercise asks for ${written.join(", ")}`,
    ...lesson.sections.map(
      ({ functionName, hints }) =>
        hints.length !== 3 && `${module.lesson}: ${functionName} has ${hints.length} hints, not 3`,
    ),
    Number.isNaN(lesson.minutes) && `${module.lesson} does not say "About N minutes"`,
    lesson.keyQuestion === "" && `${module.lesson} has no key question`,
    lesson.keyAnswer === "" && `${module.lesson} has no answer to its key question`,
  ].filter((problem) => problem !== false);
}
