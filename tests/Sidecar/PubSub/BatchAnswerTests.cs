using System.Text;
using Sidecar.Components.PubSub;
using Sidecar.PubSub.Delivery;

namespace DaprShop.Tests.PubSub;

public sealed class BatchAnswerTests
{
    [Theory]
    // status, body, verdicts of the entries a and b
    [InlineData(200, """{"statuses":[{"entryId":"a","status":"SUCCESS"},{"entryId":"b","status":"DROP"}]}""", "Success Drop")]
    [InlineData(200, """{"statuses":[{"entryId":"b","status":"RETRY"},{"entryId":"a","status":"SUCCESS"}]}""", "Success Retry")]
    [InlineData(200, """{"Statuses":[{"EntryId":"a","Status":"SUCCESS"}]}""", "Success Retry")]
    [InlineData(200, """{"statuses":[{"entryId":"a","status":""},{"entryId":"b","status":"WHAT"}]}""", "Retry Retry")]
    [InlineData(200, """{"statuses":[{"entryId":"a"},{"entryId":"b","status":5},7,{"entryId":{}}]}""", "Retry Retry")]
    [InlineData(200, """{"statuses":[{"entryId":"stranger","status":"SUCCESS"}]}""", "Retry Retry")]
    [InlineData(200, """{"statuses":[]}""", "Retry Retry")]
    [InlineData(200, """{"statuses":{}}""", "Retry Retry")]
    [InlineData(200, """{"status":"SUCCESS"}""", "Retry Retry")]
    [InlineData(200, "[]", "Retry Retry")]
    [InlineData(204, "", "Retry Retry")]
    [InlineData(200, "fine", "Retry Retry")]
    [InlineData(404, "", "Drop Drop")]
    [InlineData(500, """{"statuses":[{"entryId":"a","status":"SUCCESS"}]}""", "Retry Retry")]
    [InlineData(302, "", "Retry Retry")]
    public void Judge_OfAnAnswer_IsPerEntry(int status, string body, string expected)
    {
        var answers = BatchAnswer.Judge(status, Encoding.UTF8.GetBytes(body), [Entry("a"), Entry("b")]);

        Assert.Equal(expected, string.Join(' ', answers.Select(answer => answer.Verdict)));
    }

    [Fact]
    public void Judge_OfAFailedRequest_KeepsItsCodeForThePolicy()
    {
        Assert.Equal([503, 503], BatchAnswer.Judge(503, default, [Entry("a"), Entry("b")]).Select(answer => answer.Code));
    }

    private static BatchEntry Entry(string id) =>
        new(id, new IncomingMessage("t", default, null, new Dictionary<string, string>()), default, "/t");
}
