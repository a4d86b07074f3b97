using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Sidecar.Components.Bindings.Smtp;

/// <summary>
/// bindings.smtp: one letter per invocation, on a connection of its own as with daprd. Encrypted where the server offers it, and
/// always on port 465. Returns once the server has taken the letter.
/// </summary>
internal sealed class SmtpBinding(SmtpOptions options) : IOutputBinding
{
    private const int ImplicitTlsPort = 465;

    public IReadOnlyList<string> Operations { get; } = ["create"];

    public bool IsRemote => true;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = SmtpOptions.Parse(metadata);
        metadata.Text("direction");
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new SmtpBinding(options) : null;
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<BindingReply?> InvokeAsync(BindingInvocation invocation, CancellationToken cancellationToken)
    {
        using var message = options.Letter.Over(invocation.Metadata).Write(invocation.Data);
        using var client = new SmtpClient();
        if (options.SkipTlsVerify)
        {
#pragma warning disable CA5359 // Only where the component's file asks for it.
            client.ServerCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        try
        {
            await SendAsync(client, message, cancellationToken);
            return null;
        }
        catch (Exception failure) when (failure is SocketException or IOException or ProtocolException or CommandException
            or AuthenticationException or SslHandshakeException or NotSupportedException)
        {
            throw new ComponentException(ComponentFault.Failed, $"smtp binding error: {options.Host}:{options.Port}: {failure.Message}", failure);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task SendAsync(SmtpClient client, MimeMessage message, CancellationToken cancellationToken)
    {
        var encryption = options.Port == ImplicitTlsPort ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTlsWhenAvailable;
        await client.ConnectAsync(options.Host, options.Port, encryption, cancellationToken);
        if (options.User is { } user)
        {
            await client.AuthenticateAsync(user, options.Password ?? "", cancellationToken);
        }

        await client.SendAsync(message, cancellationToken);
        await client.DisconnectAsync(quit: true, cancellationToken);
    }
}
