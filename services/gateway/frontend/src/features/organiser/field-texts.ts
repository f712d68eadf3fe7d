import type { FieldTexts } from "../../ui/refusals.tsx";
import type { OrganiserMessages } from "./messages.ts";

/** The fields of an event and its line, as the server names them. */
export function eventTexts({ form, layout }: OrganiserMessages): FieldTexts {
  const { rules } = form;
  return {
    name: { label: form.name, rule: rules.text },
    venue: { label: form.venue, rule: rules.text },
    starts_at: { label: form.startsAt, rule: rules.starts },
    sale_opens_at: { label: form.opensAt, rule: rules.time },
    sale_closes_at: { label: form.closesAt, rule: rules.closes },
    currency: { label: form.currency, rule: rules.currency },
    max_per_user: { label: form.maxPerUser, rule: rules.maxPerUser },
    ticket_types: { label: form.types, rule: rules.types },
    "ticket_types[].name": { label: form.typeName, rule: rules.typeName },
    "ticket_types[].price": { label: form.price, rule: rules.price },
    "ticket_types[].capacity": { label: form.capacity, rule: rules.capacity },
    "queue.capacity": { label: form.queueCapacity, rule: rules.queueCapacity },
    "queue.per_second": { label: form.perSecond, rule: rules.perSecond },
    "queue.admission_seconds": { label: form.admissionSeconds, rule: rules.admissionSeconds },
    "queue.lobby_seconds": { label: form.lobbySeconds, rule: rules.lobbySeconds },
    "queue.invite_codes": { label: form.codes, rule: rules.codes },
    layout: { label: form.layout, rule: rules.layout },
    "layout.sections": { label: form.layout, rule: rules.layout },
    "layout.sections[].name": { label: layout.section, rule: rules.typeName },
    "layout.sections[].rows": { label: layout.rows, rule: rules.rows },
    "layout.sections[].seats_per_row": { label: layout.perRow, rule: rules.rows },
    "layout.sections[].curve": { label: layout.curve, rule: rules.curve },
    "layout.sections[].ticket_type": { label: layout.zone, rule: rules.zone },
    "layout.sections[].accessible": { label: layout.modes.accessible, rule: rules.marks },
    "layout.sections[].blocked": { label: layout.modes.blocked, rule: rules.marks },
    other: { label: form.otherField, rule: rules.other },
  };
}
