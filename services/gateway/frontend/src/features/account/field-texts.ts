import type { Messages } from "../../i18n/en.ts";
import type { FieldTexts } from "../../ui/refusals.tsx";

/** The fields of an account, as the server names them. */
export function accountTexts({ account }: Messages): FieldTexts {
  return {
    email: { label: account.email, rule: account.emailInvalid },
    password: { label: account.password, rule: account.passwordLength },
    name: { label: account.name, rule: account.nameInvalid },
    other: { label: account.otherField, rule: account.notAccepted },
  };
}
