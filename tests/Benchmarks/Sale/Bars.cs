using System.Globalization;
using System.Net;
using System.Text;

namespace DaprShop.Benchmarks.Sale;

/// <summary>Horizontal bars as SVG, readable on light and dark pages.</summary>
internal static class Bars
{
    private const int Width = 720;
    private const int Row = 36;
    private const int LeftAtLeast = 150;
    private const int LetterWidth = 8;
    private const int Right = 90;

    /// <param name="isOurs">Bars of the shop are drawn in colour, the others grey.</param>
    public static string Draw(string title, IReadOnlyList<(string Name, double Value)> bars, Func<string, bool> isOurs)
    {
        var height = 48 + (bars.Count * Row);
        var longest = bars.Max(bar => bar.Value);
        var left = Math.Max(LeftAtLeast, 20 + (bars.Max(bar => bar.Name.Length) * LetterWidth));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="system-ui, sans-serif" font-size="14">
            <style>text {"{"} fill: #1f2328 {"}"} @media (prefers-color-scheme: dark) {"{"} text {"{"} fill: #e6edf3 {"}"} {"}"}</style>
            <text x="0" y="20" font-weight="600">{WebUtility.HtmlEncode(title)}</text>

            """);
        for (var n = 0; n < bars.Count; n++)
        {
            var (name, value) = bars[n];
            var y = 36 + (n * Row);
            var length = longest == 0 ? 1 : Math.Max(1, value / longest * (Width - left - Right));
            var fill = isOurs(name) ? "#2f81f7" : "#8b949e";
            svg.Append(CultureInfo.InvariantCulture, $"""
                <text x="{left - 10}" y="{y + 17}" text-anchor="end">{WebUtility.HtmlEncode(name)}</text>
                <rect x="{left}" y="{y}" width="{length:0.0}" height="24" rx="3" fill="{fill}"/>
                <text x="{left + length + 8:0.0}" y="{y + 17}">{value:#,0}</text>

                """);
        }

        return svg.Append("</svg>\n").ToString();
    }
}
