import {
  findMemberRow,
  listIdsByName,
  listMemberRows,
  type MemberFilter,
  type MemberName,
} from "#lib/db/members.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { type Page, type PageQuery, pageOf } from "#lib/domain/page.ts";

/** Members that have all that the filter names, newest first. */
export async function listMembers(
  tenantId: TenantId,
  filter: MemberFilter,
  { before, limit }: PageQuery<string>,
): Promise<Page<Member, string>> {
  const rows = await listMemberRows(tenantId, filter, { beforeId: before, limit: limit + 1 });
  return pageOf(rows, limit, memberOf, ({ id }) => id);
}

/** Refuses `member_not_found`, for one who has left, too. */
export async function getMember(tenantId: TenantId, memberId: string): Promise<Member> {
  const row = isUuid(memberId) ? await findMemberRow(tenantId, memberId as MemberId) : null;
  if (!row) throw new DomainError("member_not_found");
  return memberOf(row);
}

/** The one member who is known by this. Refuses `member_not_found`, also where there are several. */
export async function getMemberIdByName(tenantId: TenantId, name: MemberName): Promise<MemberId> {
  const [id, another] = await listIdsByName(tenantId, name);
  if (id === undefined || another !== undefined) throw new DomainError("member_not_found");
  return id as MemberId;
}
