/** What the server takes, checked before it is asked. */
export const PASSWORD_LENGTH = 8;

export const isEmail = (text: string) => /^\S+@\S+\.\S+$/.test(text);
