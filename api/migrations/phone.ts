/** Leased lines and messages. */
export const phoneMigration = "select 1";
