/** Texts that one-time codes came in, which the operator keeps for some days only. */
export const wordsOfCodesMigration = `
   create index code_order_words on app.code_order (coalesce(late_at, ended_at))
     where sms_text <> '' or late_text <> '';`;
