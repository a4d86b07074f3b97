using System.Globalization;

namespace Sidecar.Configuration;

/// <summary>Sizes as Kubernetes writes them: <c>4Mi</c>, <c>1.5Gi</c>, <c>2M</c>, <c>4096</c>, <c>1e6</c>; a fraction of a byte rounds up.</summary>
internal static class ResourceQuantity
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("Pi", 1L << 50), ("Ei", 1L << 60),
        ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m), ("m", 1e-3m),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var factor = 1m;
        var number = text;
        foreach (var (suffix, size) in Suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                (number, factor) = (text[..^suffix.Length], size);
                break;
            }
        }

        const NumberStyles Styles = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;
        if (!decimal.TryParse(number, Styles, CultureInfo.InvariantCulture, out var value)
            || value is < 0 or > 1e19m || value * factor > long.MaxValue)
        {
            return false;
        }

        bytes = (long)decimal.Ceiling(value * factor);
        return true;
    }
}
