using System.Globalization;

namespace Sidecar.Components.Bindings.Cron;

/// <summary>One field of a cron line: the values it allows.</summary>
/// <param name="IsStar">Written as * or ?: such a day field leaves the choice to the other one.</param>
internal readonly record struct CronField(ulong Bits, bool IsStar)
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public bool Allows(int value) => (Bits & (1UL << value)) != 0;

    public static CronField Seconds(string text) => Parse(text, "second", 0, 59, []);

    public static CronField Minutes(string text) => Parse(text, "minute", 0, 59, []);

    public static CronField Hours(string text) => Parse(text, "hour", 0, 23, []);

    public static CronField DaysOfMonth(string text) => Parse(text, "day of month", 1, 31, []);

    public static CronField MonthsOfYear(string text) => Parse(text, "month", 1, 12, Months);

    public static CronField DaysOfWeek(string text) => Parse(text, "day of week", 0, 6, Days);

    // A list of *, ?, a, a-b, each with an optional /step; "a/n" runs from a to the end.
    private static CronField Parse(string text, string what, int lowest, int highest, string[] names)
    {
        var field = new CronField(0, false);
        foreach (var part in text.Split(','))
        {
            var slash = part.Split('/');
            var ends = slash[0].Split('-');
            if (slash.Length > 2 || ends.Length > 2)
            {
                throw Wrong(part, what);
            }

            var isStar = slash[0] is "*" or "?";
            var from = isStar ? lowest : Value(ends[0], part, what, lowest, names);
            var to = isStar || (ends.Length == 1 && slash.Length == 2) ? highest : Value(ends[^1], part, what, lowest, names);
            var step = slash.Length == 2 ? Number(slash[1], part, what) : 1;
            if (from < lowest || to > highest || from > to || step < 1)
            {
                throw Wrong(part, what);
            }

            for (var value = from; value <= to; value += step)
            {
                field = field with { Bits = field.Bits | (1UL << value) };
            }

            // A star with a step does choose days.
            field = field with { IsStar = field.IsStar || (isStar && step == 1) };
        }

        return field;
    }

    private static int Value(string text, string part, string what, int lowest, string[] names)
    {
        var name = Array.FindIndex(names, candidate => candidate.Equals(text, StringComparison.OrdinalIgnoreCase));
        return name >= 0 ? name + lowest : Number(text, part, what);
    }

    private static int Number(string text, string part, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(part, what);

    private static FormatException Wrong(string part, string what) => new($"'{part}' is not a {what}");
}
