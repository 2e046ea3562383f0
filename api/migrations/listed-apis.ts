/** Since when a merchant shows an API to everybody; null for what only its link leads to. The list is in that order. */
export const listedApisMigration = `
   alter table app.masked_api add column listed_at timestamptz;
   create index masked_api_listed on app.masked_api (listed_at, api_id) where listed_at is not null`;
