using System.Globalization;
using System.Text;
using DaprShop.TestKit.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Components;
using Sidecar.Components.Bindings;

namespace DaprShop.Tests.Bindings;

public sealed class SmtpBindingTests : IAsyncLifetime
{
    private readonly SharedClients _shared = new();
    private readonly ScriptedSmtp _server = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _shared.DisposeAsync();
    }

    [Fact]
    public async Task Letter_OfComponentAndInvocation_IsSentToAll()
    {
        var binding = Create(("emailFrom", "shop@example.org"), ("emailTo", "nobody@example.org"), ("subject", "Hello"));

        var reply = await InvokeAsync(
            binding, "\"<p>Thank you</p>\"", ("emailTo", "a@example.org; b@example.org"), ("emailCC", "c@example.org"), ("emailBCC", "d@example.org"), ("priority", "5"));

        Assert.Null(reply);
        Assert.Equal(
            ["MAIL FROM:<shop@example.org>", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "RCPT TO:<c@example.org>", "RCPT TO:<d@example.org>"],
            _server.Commands.Where(command => command.StartsWith("MAIL", StringComparison.Ordinal) || command.StartsWith("RCPT", StringComparison.Ordinal))
                .Select(command => command.Split(" SIZE", 2)[0].Split(" BODY", 2)[0]));
        var letter = Assert.Single(_server.Letters);
        Assert.Contains("Subject: Hello\n", letter, StringComparison.Ordinal);
        Assert.Contains("X-Priority: 1 (Highest)", letter, StringComparison.Ordinal);
        Assert.Contains("Content-Type: text/html", letter, StringComparison.Ordinal);
        Assert.Contains("<p>Thank you</p>", letter, StringComparison.Ordinal);
        Assert.DoesNotContain("d@example.org", letter, StringComparison.Ordinal);
    }

    [Fact]
    public async Task User_WithPassword_SignsIn()
    {
        var binding = Create(("user", "shop"), ("password", "s3cret"), ("emailFrom", "a@example.org"), ("emailTo", "b@example.org"), ("subject", "x"));

        await InvokeAsync(binding, "{\"any\":1}");

        Assert.Contains($"AUTH PLAIN {Convert.ToBase64String(Encoding.ASCII.GetBytes("\0shop\0s3cret"))}", _server.Commands);
        Assert.Contains("{\"any\":1}", Assert.Single(_server.Letters), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("emailFrom", "", "emailFrom property not supplied in configuration- or request-metadata")]
    [InlineData("emailTo", "", "emailTo property not supplied in configuration- or request-metadata")]
    [InlineData("subject", "", "subject property not supplied in configuration- or request-metadata")]
    [InlineData("emailTo", "a@example.org;nonsense", "emailTo 'nonsense' is not an e-mail address")]
    [InlineData("priority", "6", "priority '6' is not a whole number from 1 (lowest) to 5 (highest)")]
    public async Task Letter_ThatCannotBe_IsRefusedBeforeTheServerIsAsked(string member, string value, string reason)
    {
        var members = new Dictionary<string, string> { ["emailFrom"] = "a@example.org", ["emailTo"] = "b@example.org", ["subject"] = "x", [member] = value };
        var binding = Create();

        var fault = await Assert.ThrowsAsync<ComponentException>(() => InvokeAsync(binding, "1", [.. members.Select(item => (item.Key, item.Value))]));

        Assert.Equal((ComponentFault.BadRequest, $"smtp binding error: {reason}"), (fault.Fault, fault.Message));
        Assert.Empty(_server.Commands);
    }

    [Theory]
    [InlineData("MAIL")]
    [InlineData("RCPT")]
    [InlineData("DATA")]
    public async Task Server_ThatRefuses_IsAFaultWithItsWords(string command)
    {
        _server.Refuses = command;
        var binding = Create(("emailFrom", "a@example.org"), ("emailTo", "b@example.org"), ("subject", "x"));

        var fault = await Assert.ThrowsAsync<ComponentException>(() => InvokeAsync(binding, "1"));

        Assert.Equal($"smtp binding error: 127.0.0.1:{_server.Port}: not here", fault.Message);
        Assert.Empty(_server.Letters);
    }

    [Fact]
    public void Metadata_WithMistakes_NamesThemAll()
    {
        var errors = new List<string>();

        Assert.Null(Create(errors, ("port", "70000"), ("user", "alone"), ("priority", "urgent")));

        Assert.Equal(
            [
                "spec.metadata.password: is required: user and password go together; leave both out for a server without sign-in",
                "spec.metadata.port: 70000 is more than 65535",
                "spec.metadata.priority: 'urgent' is not a whole number from 1 (lowest) to 5 (highest)",
                "spec.metadata.host: is required",
            ],
            errors);
    }

    private static Task<BindingReply?> InvokeAsync(IOutputBinding binding, string data, params (string, string)[] metadata) => binding
        .InvokeAsync(new BindingInvocation("create", Encoding.UTF8.GetBytes(data), metadata.ToDictionary()), CancellationToken.None)
        .WaitAsync(TimeSpan.FromSeconds(30));

    private IOutputBinding Create(params (string Name, string Value)[] metadata)
    {
        var errors = new List<string>();
        var binding = Create(errors, [("host", "127.0.0.1"), ("port", _server.Port.ToString(CultureInfo.InvariantCulture)), .. metadata]);
        Assert.Empty(errors);
        return binding!;
    }

    private IOutputBinding? Create(List<string> errors, params (string Name, string Value)[] metadata)
    {
        var spec = new ComponentSpec("mail", "bindings.smtp", "v1", metadata.ToDictionary(), false, TimeSpan.FromSeconds(5), "test.yaml");
        var context = new ComponentContext("app", ".", [], TimeProvider.System, NullLoggerFactory.Instance, _shared);
        return (IOutputBinding?)ComponentCatalog.Find("bindings.smtp")!(spec, context, errors);
    }
}
