/** Paid calls of masked APIs by day (UTC), as every process adds them up from time to time. */
export const apiCallsMigration = `
   create table app.api_calls (
     api_id uuid not null,
     day date not null,
     calls bigint not null,
     primary key (api_id, day)
   )`;
