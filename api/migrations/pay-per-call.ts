/** Paid calls and what they left to their payers. */
export const payPerCallMigration = "select 1";
