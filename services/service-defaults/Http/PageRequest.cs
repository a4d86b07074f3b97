using System.Globalization;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>The <c>limit</c> and <c>cursor</c> of a list request.</summary>
/// <param name="After">The decoded parts of the cursor; null for the first page.</param>
public sealed record PageRequest(int Limit, IReadOnlyList<string>? After)
{
    public const int DefaultLimit = 20;
    public const int MaxLimit = 100;

    /// <summary>Reads both, adding what is wrong to <paramref name="errors"/>; the result counts only without errors.</summary>
    /// <param name="cursorKind">The kind given to <see cref="Cursor.Encode"/>.</param>
    public static PageRequest Read(IQueryCollection query, string cursorKind, int cursorParts, ValidationErrors errors)
    {
        var limit = DefaultLimit;
        if (query.TryGetValue("limit", out var limits)
            && (!int.TryParse(limits.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            errors.Add("limit", $"must be a whole number from 1 to {MaxLimit}");
        }

        string[]? after = null;
        if (query.TryGetValue("cursor", out var cursors) && !Cursor.TryDecode(cursors.ToString(), cursorKind, cursorParts, out after))
        {
            errors.Add("cursor", "is not a cursor of this list: pass nextCursor of the previous page unchanged");
        }

        return new PageRequest(limit, after);
    }
}
