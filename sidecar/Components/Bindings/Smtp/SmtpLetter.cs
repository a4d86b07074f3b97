using System.Globalization;
using System.Text;
using System.Text.Json;
using MimeKit;

namespace Sidecar.Components.Bindings.Smtp;

/// <summary>What makes up a letter but its body, as metadata: from the component, and over it from the invocation.</summary>
internal sealed record SmtpLetter(IReadOnlyDictionary<string, string> Values)
{
    public static IReadOnlyList<string> Members { get; } = ["emailFrom", "emailTo", "emailCC", "emailBCC", "subject", "priority"];

    /// <summary>1 is lowest, 5 highest, 3 the default; null: what is given is none of these.</summary>
    public int? Priority =>
        !Values.TryGetValue("priority", out var text) ? 3
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 5 ? number
        : null;

    public SmtpLetter Over(IReadOnlyDictionary<string, string> metadata)
    {
        var values = Values.ToDictionary(StringComparer.Ordinal);
        foreach (var name in Members)
        {
            if (metadata.FirstOrDefault(member => member.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Value.Length: > 0 } given)
            {
                values[name] = given.Value;
            }
        }

        return new SmtpLetter(values);
    }

    /// <param name="data">A JSON string is the body's text; anything else is the body as it stands. Bodies are HTML.</param>
    public MimeMessage Write(ReadOnlyMemory<byte> data)
    {
        var message = new MimeMessage { Subject = Needed("subject") };
        message.From.AddRange(Addresses("emailFrom", Needed("emailFrom")));
        message.To.AddRange(Addresses("emailTo", Needed("emailTo")));
        message.Cc.AddRange(Addresses("emailCC", Values.GetValueOrDefault("emailCC")));
        message.Bcc.AddRange(Addresses("emailBCC", Values.GetValueOrDefault("emailBCC")));
        var priority = Priority ?? throw Wrong($"priority '{Values["priority"]}' is not a whole number from 1 (lowest) to 5 (highest)");
        // The header counts the other way round: 1 is the highest.
        message.XPriority = (XMessagePriority)(6 - priority);
        message.Body = new TextPart("html") { Text = Text(data) };
        return message;
    }

    private static string Text(ReadOnlyMemory<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize<string>(data.Span) ?? "";
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(data.Span);
        }
    }

    private static IEnumerable<MailboxAddress> Addresses(string member, string? list)
    {
        foreach (var text in (list ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            yield return MailboxAddress.TryParse(text, out var address) && address.Address.Contains('@', StringComparison.Ordinal)
                ? address
                : throw Wrong($"{member} '{text}' is not an e-mail address");
        }
    }

    private string Needed(string member) => Values.GetValueOrDefault(member)
        ?? throw Wrong($"{member} property not supplied in configuration- or request-metadata");

    private static ComponentException Wrong(string why) => new(ComponentFault.BadRequest, $"smtp binding error: {why}");
}
