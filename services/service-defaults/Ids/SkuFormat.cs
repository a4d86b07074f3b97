using System.Text.RegularExpressions;

namespace DaprShop.ServiceDefaults.Ids;

/// <summary>A SKU has 1 to 32 capital letters, digits and hyphens, such as <c>SKU-1001</c>, and begins with no hyphen.</summary>
public static partial class SkuFormat
{
    public static bool IsSku(string text) => Format().IsMatch(text);

    [GeneratedRegex(@"\A[A-Z0-9][A-Z0-9-]{0,31}\z")]
    private static partial Regex Format();
}
