import { describe, expect, test } from "vitest";
import { formatCsv } from "../../workbook/grade/formats/csv.ts";
import { formatJson } from "../../workbook/grade/formats/json.ts";
import { formatJunit } from "../../workbook/grade/formats/junit.ts";
import { formatTable } from "../../workbook/grade/formats/table.ts";
import type { Grading } from "../../workbook/grade/grade.ts";
import type { FunctionScore, Score } from "../../workbook/grade/score.ts";

const [one, two] = ["01-basic-pubsub", "02-qos-levels"];

function scoreOf(name: string, functions: readonly FunctionScore[]): Score {
  const count = (...grades: string[]) =>
    functions.filter(({ grade }) => grades.includes(grade)).length;
  const unknown = count("environment");
  return { name, functions, passed: count("passed"), of: 4 - count("skipped") - unknown, unknown };
}

const grading: Grading = {
  broker: "Mosquitto",
  scores: [
    scoreOf("anna", [
      { module: one, functionName: "connect", grade: "passed" },
      { module: one, functionName: "publish", grade: "passed" },
      { module: two, functionName: "measure", grade: "passed" },
      { module: two, functionName: "limit", grade: "skipped" },
    ]),
    scoreOf('=ben, "the <third>"', [
      {
        module: one,
        functionName: "connect",
        grade: "wrong",
        check: "speaks MQTT 5",
        reason: {
          headline: "your client speaks an older MQTT & \u001b[31mred",
          expected: "→ CONNECT with protocol version 5",
          got: "→ CONNECT with protocol version 4\nand more",
        },
      },
      { module: one, functionName: "publish", grade: "todo", reason: { headline: "yours" } },
      { module: two, functionName: "measure", grade: "environment", reason: { headline: "gone" } },
      { module: two, functionName: "limit", grade: "skipped" },
    ]),
    scoreOf("carla", [
      { module: one, functionName: "connect", grade: "passed" },
      { module: one, functionName: "publish", grade: "broken", reason: { headline: "it died" } },
      { module: two, functionName: "measure", grade: "missing", reason: { headline: "no file" } },
      { module: two, functionName: "limit", grade: "skipped" },
    ]),
  ],
};

describe("grades", () => {
  test("as a table", () => {
    expect(formatTable(grading)).toMatchInlineSnapshot(`
      "submission           01   02   passed
      anna                 2/2  1/1  3 of 3
      =ben, "the <third>"  0/2  -    0 of 2  1 unknown
      carla                1/2  0/1  1 of 3

      function    passed by
      01 connect  2 of 3
      01 publish  1 of 3
      02 measure  1 of 2
      02 limit    not on this broker

      =ben, "the <third>"
        01 wrong: connect
           speaks MQTT 5: your client speaks an older MQTT & [31mred; got → CONNECT
           with protocol version 4
        01 to do: publish
        02 unknown: measure
           gone

      carla
        01 broken: publish
           it died
        02 missing: measure
           no file

      Broker: Mosquitto
      "
    `);
  });

  test("as CSV, in which nothing is a formula", () => {
    expect(formatCsv(grading).replaceAll("\r", "")).toMatchInlineSnapshot(`
      "submission,passed,of,unknown,01 connect,01 publish,02 measure,02 limit
      anna,3,3,0,passed,passed,passed,not on this broker
      "'=ben, ""the <third>""",0,2,1,wrong,to do,unknown,not on this broker
      carla,1,3,0,passed,broken,missing,not on this broker
      "
    `);
  });

  test("as JUnit, in which what is unknown is no failure", () => {
    expect(formatJunit(grading)).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="grade">
        <testsuite name="anna" tests="4" failures="0" errors="0" skipped="1">
          <testcase classname="01-basic-pubsub" name="connect"/>
          <testcase classname="01-basic-pubsub" name="publish"/>
          <testcase classname="02-qos-levels" name="measure"/>
          <testcase classname="02-qos-levels" name="limit"><skipped message="not on this broker"/></testcase>
        </testsuite>
        <testsuite name="=ben, &quot;the &lt;third&gt;&quot;" tests="4" failures="2" errors="0" skipped="2">
          <testcase classname="01-basic-pubsub" name="connect"><failure type="wrong" message="wrong: speaks MQTT 5: your client speaks an older MQTT &amp; ?[31mred">expected: → CONNECT with protocol version 5&#10;got: → CONNECT with protocol version 4&#10;and more</failure></testcase>
          <testcase classname="01-basic-pubsub" name="publish"><failure type="to do" message="to do: yours"></failure></testcase>
          <testcase classname="02-qos-levels" name="measure"><skipped message="unknown: gone"/></testcase>
          <testcase classname="02-qos-levels" name="limit"><skipped message="not on this broker"/></testcase>
        </testsuite>
        <testsuite name="carla" tests="4" failures="2" errors="0" skipped="1">
          <testcase classname="01-basic-pubsub" name="connect"/>
          <testcase classname="01-basic-pubsub" name="publish"><failure type="broken" message="broken: it died"></failure></testcase>
          <testcase classname="02-qos-levels" name="measure"><failure type="missing" message="missing: no file"></failure></testcase>
          <testcase classname="02-qos-levels" name="limit"><skipped message="not on this broker"/></testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });

  test("as JSON, with all there is", () => {
    expect(JSON.parse(formatJson(grading))).toEqual({
      broker: grading.broker,
      submissions: grading.scores,
    });
  });
});
