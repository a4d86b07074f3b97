using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprShop.Tests.EndToEnd.BadInput;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>Every operation of the OpenAPI document, asked in all the ways in which it refuses whatever its own rules are.</summary>
internal sealed partial class PublicRefusals(CanarySender sender, string gateway)
{
    private CanaryBook Book => sender.Book;

    public async Task SendAsync(JsonElement document)
    {
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                await RefuseAsync(operation.Name.ToUpperInvariant(), path.Name, operation.Value.TryGetProperty("requestBody", out _));
            }
        }
    }

    private async Task RefuseAsync(string method, string template, bool hasBody)
    {
        var route = $"{method} {template}";
        Task Send(string path, HttpContent? content, params (string, string)[] headers) =>
            sender.SendAsync(route, method, gateway + path, content, [.. Conditions(), .. headers]);

        await Send(Path(template) + Query(), hasBody ? CutOff() : null, ("Authorization", $"Bearer {Book.Secret()}"));
        await Send(Path(template) + Query(), hasBody ? UnknownMember() : null, ("Authorization", $"Basic {Basic()}"));
        await Send(Path(template) + BadQuery(), hasBody ? WrongTypes() : null, Customer());
        await Send(Path(template) + BadQuery(), hasBody ? UnknownMember() : null, Operator());
        await sender.SendAsync(route, Book.Id(), gateway + Path(template) + Query(), null, Operator());
        await Send($"{Path(template)}/{Uri.EscapeDataString(Book.Name())}/{Book.Mail()}{Query()}", null, Operator());
        if (hasBody)
        {
            await Send(Path(template), CutOff(), Operator());
            await Send(Path(template), WrongTypes(), Operator());
            await Send(Path(template), Bodies.Typed($"email={Book.Mail()}", $"text/plain; charset={Book.Id()}"), Operator());
            await Send(Path(template), CanarySender.Json($$"""{"{{Book.Id()}}":"{{new string('x', Bodies.Limit)}}"}"""), Operator());
        }
    }

    private (string, string) Customer() => ("Authorization", $"Bearer {new HandmadeToken { User = Book.Mail() }}");

    private (string, string) Operator() => ("Authorization", $"Bearer {new HandmadeToken { User = Book.Mail(), Role = "operator" }}");

    private (string, string)[] Conditions() =>
    [
        ("If-Match", $"\"{Book.Id()}\""), ("If-None-Match", $"\"{Book.Id()}\""), ("Last-Event-ID", Book.Id()),
        ("Provider-Signature", $"t=1,v1={Book.Id()}"), ("Idempotency-Key", $"{Book.Mail()} {Book.Card()}"), ("dapr-api-token", Book.Secret()), ("shop-user", Book.Mail()),
    ];

    private string Path(string template) => Parameter().Replace(template, _ => Book.Id());

    private string Query() => $"?email={Uri.EscapeDataString(Book.Mail())}&phone={Uri.EscapeDataString(Book.Phone())}&token={Book.Secret()}";

    private string BadQuery() => $"?limit={Book.Card()}&cursor={Book.Id()}&status={Book.Id()}&user={Book.Mail()}&subscription={Book.Id()}";

    private string Basic() => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Book.Mail()}:{Book.Secret()}"));

    private StringContent CutOff() => CanarySender.Json($$"""{"card":"{{Book.Card()}}","name":"{{Book.Name()}}""");

    private StringContent UnknownMember() => CanarySender.Json($$"""{"{{Book.Id()}}":["{{Book.Street()}}"]}""");

    /// <summary>Known members, none of which is a text there.</summary>
    private StringContent WrongTypes() => CanarySender.Json(JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["quantity"] = Book.Card(),
        ["items"] = Book.Phone(),
        ["payment"] = Book.Card(),
        ["userName"] = new[] { Book.Name() },
        ["name"] = new Dictionary<string, string> { [Book.Id()] = Book.Name() },
        ["edge"] = Book.Id(),
        ["initial"] = Book.Id(),
        ["subscription"] = new[] { Book.Id() },
        ["price"] = Book.Id(),
        ["id"] = new[] { Book.Id() },
    }));

    [GeneratedRegex(@"\{[a-zA-Z]+\}")]
    private static partial Regex Parameter();
}
