import { ApiError } from "@tiketi/client";
import { useEffect, useRef } from "react";
import { Notice } from "./feedback.tsx";

/** How a form names a field, and what the field accepts, in the reader's language. */
export interface FieldText {
  label: string;
  rule: string;
}

/**
 * By the field's path in the server's answer, without positions: `ticket_types[].price`. `other` is
 * for paths that the form has no text for.
 */
export type FieldTexts = Record<string, FieldText> & { other: FieldText };

/** One field that the server refused. */
export interface Refusal extends FieldText {
  path: string;
}

/** The fields that the server refused. Its own English sentences are for developers. */
export function refusalsOf(error: unknown, texts: FieldTexts): Refusal[] {
  const errors = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  return errors.map(({ field }) => {
    const { label, rule } = texts[field.replace(/\[\d+\]/g, "[]")] ?? texts.other;
    const positions = [...field.matchAll(/\[(\d+)\]/g)].map(([, index]) => Number(index) + 1);
    return { path: field, label: [label, ...positions].join(" "), rule };
  });
}

/** What a field at `path` accepts, if the server refused it. */
export function ruleAt(refusals: Refusal[], path: string): string | undefined {
  return refusals.find((refusal) => refusal.path === path)?.rule;
}

interface Props {
  lead: string;
  refusals: Refusal[];
}

/** All refused fields of the form it stands in; the first marked one gets the focus. */
export function RefusalNotice({ lead, refusals }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer of the server moves the focus once
  useEffect(() => {
    const form = ref.current?.closest("form");
    form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refusals]);
  return (
    <div ref={ref}>
      <Notice kind="bad">
        <strong>{lead}</strong>
        <ul className="refusals">
          {refusals.map(({ path, label, rule }) => (
            <li key={path}>
              {label}: {rule}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
