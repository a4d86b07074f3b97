using System.Globalization;
using Sidecar.Configuration;

namespace Sidecar.Cli;

/// <summary>
/// Reads a command line as Go's pflag does, with daprd's leniency: <c>-name</c> or <c>--name</c>, <c>=value</c> or
/// <c>value</c>, a bare switch is true, the next word is the value even when it begins with a dash, <c>--</c> ends flags.
/// Every mistake is collected, so one run shows them all.
/// </summary>
internal sealed class FlagSet(params IReadOnlyList<Flag> flags)
{
    public IReadOnlyList<Flag> Flags { get; } = flags;

    public ParsedFlags Parse(IReadOnlyList<string> args)
    {
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var arguments = new List<string>();
        var errors = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            var word = args[i];
            if (word == "--")
            {
                arguments.AddRange(args.Skip(i + 1));
                break;
            }

            if (word is not ['-', _, ..])
            {
                arguments.Add(word);
                continue;
            }

            var body = word.StartsWith("--", StringComparison.Ordinal) ? word[2..] : word[1..];
            var equals = body.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? body : body[..equals];
            if (Find(name) is not { } flag)
            {
                errors.Add($"unknown flag: --{name}{Suggestion.For(name, Flags.Select(known => known.Name))}");
                continue;
            }

            string value;
            if (equals >= 0)
            {
                value = body[(equals + 1)..];
            }
            else if (flag.Kind == FlagKind.Switch)
            {
                value = "true";
            }
            else if (i + 1 < args.Count)
            {
                value = args[++i];
            }
            else
            {
                errors.Add($"flag needs an argument: --{flag.Name}");
                continue;
            }

            if (Objection(flag, value) is { } objection)
            {
                errors.Add($"invalid value \"{value}\" for --{flag.Name}: {objection}");
                continue;
            }

            if (!values.TryGetValue(flag.Name, out var list))
            {
                values[flag.Name] = list = [];
            }

            list.Add(value);
        }

        return new ParsedFlags(values, arguments, errors);
    }

    private Flag? Find(string name) => Flags.FirstOrDefault(flag => flag.Name == name || flag.Short == name);

    private static string? Objection(Flag flag, string value) => flag.Kind switch
    {
        FlagKind.Number => ParsedFlags.TryNumber(value, out _) ? null : "a whole number is needed",
        FlagKind.Port => ParsedFlags.TryNumber(value, out var port) && port is >= 0 and <= 65535 ? null : "a port between 0 and 65535 is needed",
        FlagKind.Switch => ParsedFlags.TrySwitch(value, out _) ? null : "true or false is needed",
        FlagKind.Duration => GoDuration.TryParse(value, out _) ? null : "a duration such as 500ms, 10s or 1h30m is needed",
        FlagKind.Size => ResourceQuantity.TryParse(value, out _) ? null : "a size such as 4Mi or 65536 is needed",
        FlagKind.Text when flag.Choices.Count > 0 && !flag.Choices.Contains(value, StringComparer.Ordinal) =>
            string.Create(CultureInfo.InvariantCulture, $"one of {string.Join(", ", flag.Choices)} is needed"),
        _ => null,
    };
}
