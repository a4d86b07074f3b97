namespace Sidecar.Components.Bindings.Smtp;

/// <summary>daprd's names and defaults (dapr-contract.md 9.3). The letter's own members may also come with each invocation.</summary>
internal sealed record SmtpOptions(string Host, int Port, string? User, string? Password, bool SkipTlsVerify, SmtpLetter Letter)
{
    public static SmtpOptions Parse(ComponentMetadata metadata)
    {
        var (user, password) = (metadata.Text("user"), metadata.Text("password"));
        if (user is null != password is null)
        {
            metadata.Reject(user is null ? "user" : "password", "is required: user and password go together; leave both out for a server without sign-in");
        }

        var port = metadata.Number("port", 587, minimum: 1);
        if (port > 65535)
        {
            metadata.Reject("port", $"{port} is more than 65535");
        }

        var members = SmtpLetter.Members.ToDictionary(name => name, name => metadata.Text(name) ?? "");
        var letter = new SmtpLetter(members.Where(member => member.Value.Length > 0).ToDictionary());
        if (letter.Priority is null)
        {
            metadata.Reject("priority", $"'{members["priority"]}' is not a whole number from 1 (lowest) to 5 (highest)");
        }

        return new SmtpOptions(metadata.Required("host"), port, user, password, metadata.Flag("skipTLSVerify"), letter);
    }
}
