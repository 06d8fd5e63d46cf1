-- How a programme looks: its colour, logo, corners, font, pictures and texts, as its file says it.
ALTER TABLE "tenants" ADD COLUMN "brand" JSONB,
  ADD CONSTRAINT "tenants_brand_check" CHECK (jsonb_typeof("brand") = 'object');
