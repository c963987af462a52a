/** Every sentence of the page, in English. The keys are those of strings.fa.js. */

export default Object.freeze({
  pageTitle: "Hamdel – a voice to talk to",
  tagline: "A voice to talk to",
  skipToTalk: "Skip to the talk button",

  languageLegend: "Language of the talk",
  languageAuto: "Either",
  speedLabel: "Pace of the voice",
  speedSlow: "Slower",
  speedNormal: "Normal",
  speedFast: "Faster",

  disclosureTitle: "Before you begin",
  disclosure:
    "You are talking to a computer program, not a person. It is not a therapist and not an emergency service, " +
    "and it can be wrong.",
  consentLegend: "What you agree to",
  consentNeeded: "needed",
  consentOptional: "optional",
  consent_talk: "Talk with Hamdel",
  consent_talk_detail: "Your voice and what you type go to this server, so that it can understand and answer you.",
  consent_emotion: "Feelings in my voice",
  consent_emotion_detail:
    "The program guesses from your voice how you feel, so that its answer fits better. It may guess wrongly. " +
    "Everything else works without this.",
  consent_store_text: "Keep the text",
  consent_store_text_detail: "The text of this talk stays on this server after it ends. Without this, your words are not kept.",
  consent_store_audio: "Keep my voice",
  consent_store_audio_detail:
    "The sound of your words stays on this server for a few days. If you take this back, it is deleted.",
  consent_share: "Show my therapist",
  consent_share_detail: "Your therapist may see what is kept of this talk. Without this they see nothing of it.",
  consentCrisisNote:
    "If you say that you are in danger, the time and how serious it seemed are noted, but not your words.",
  consentChange: "You can change this at any time.",
  consentMissing: "To begin, please switch on “Talk with Hamdel”.",
  consentSummary: "What you agreed to",

  conversationLabel: "Conversation",
  conversationEmpty: "Your words and the answers will appear here.",
  you: "You",
  hamdel: "Hamdel",
  choicesLabel: "Answers to choose from",
  captionWaiting: "Listening to what you said …",
  captionFailed: "I could not make this out. Please say it again, or type it.",
  captionCut: "You interrupted, so Hamdel stopped here.",
  captionBroken: "The connection broke here.",
  captionLost: "The connection broke before I understood this. Please say it again.",
  captionUnanswered: "The connection broke before I could answer. Your words are in the text field again.",
  newTalk: "A new talk begins here. Hamdel does not remember what was said above.",
  handoffReached: "A person has been told and will take over.",
  handoffNotReached: "No person could be reached right now. Nobody is listening live.",

  moodSpeech: "From your voice",
  moodText: "From your words",
  moodFace: "From your face",
  moodFused: "Feeling",
  mood_neutral: "calm or neutral",
  mood_happiness: "happy",
  mood_surprise: "surprised",
  mood_sadness: "sad",
  mood_anger: "angry",
  mood_fear: "afraid",
  mood_disgust: "uncomfortable",
  mood_unclear: "not clear",

  suggestionsTitle: "Something you could try",
  suggestionHelped: "Did this help?",
  yes: "Yes",
  no: "No",
  suggestionThanks: "Thank you. That helps Hamdel choose better.",

  technique_slow_breathing: "Slow breathing",
  technique_breath_awareness: "Noticing the breath",
  technique_muscle_relaxation: "Loosening the muscles",
  technique_soothing_imagery: "A calming picture in mind",
  technique_sensory_soothing: "Soothing the senses",
  technique_senses_grounding: "Grounding through the senses",
  technique_body_grounding: "Grounding in the body",
  technique_time_out: "A time-out",
  technique_delayed_response: "Waiting before answering",
  technique_worry_time: "A set time for worries",
  technique_sleep_routine: "A steady way to sleep",
  technique_thought_checking: "Checking a thought",
  technique_perspective_taking: "Seeing it from outside",
  technique_past_coping: "What helped before",
  technique_naming_feelings: "Naming the feeling",
  technique_self_compassion: "Kindness to yourself",
  technique_gratitude: "Gratitude",
  technique_loving_memory: "A loving memory",
  technique_savouring: "Savouring",
  technique_pleasant_activity: "Something pleasant",
  technique_gentle_movement: "Gentle movement",
  technique_small_task: "One small task",
  technique_problem_solving: "Solving a problem",
  technique_graded_approach: "Small steps towards it",
  technique_values_action: "What matters to you",
  technique_social_support: "Someone you trust",
  technique_assertive_request: "Asking calmly",
  technique_professional_help: "Help from a professional",

  crisisTitle: "If you are in danger, please call now",
  precautionTitle: "If you need help at once, these numbers are there for you",
  crisisLines: "Telephone numbers",
  crisisCall: "Call",
  crisisText: "Send a text to",
  crisisOpen: "Open",
  crisisAnywhere: "Emergency number in many countries",
  crisisDirectory: "Find a helpline in your country",
  crisisWhere: "Where are you? (optional)",
  crisisElsewhere: "Not said, or another country",
  crisisWhereLacking: "The numbers of this country could not be loaded just now. Those above hold in many countries.",

  peopleNobody: "No person is listening live right now. Please call.",
  peopleCalling: "The people on call are being told. Please don't wait for them: call.",
  peopleAcknowledged: "Somebody on call has read the message. You can still call as well.",
  peopleUnreached: "Nobody on call could be reached. Please call yourself.",
  peopleUnseen: "I can't see any more whether anybody on call has read the message. Please don't wait: call.",

  buttonStart: "Talk",
  buttonStop: "Stop",
  buttonConnecting: "Cancel",
  buttonRetry: "Try again",
  buttonAnew: "New talk",
  endTalk: "End the talk",

  state_idle: "Press the button when you are ready.",
  state_microphone: "Asking for your microphone …",
  state_token: "Connecting …",
  state_socket: "Connecting …",
  state_listening: "Connected. I am listening.",
  state_typing: "Connected. You can type to me.",
  state_speaking: "Hamdel is speaking. You can interrupt at any time.",
  state_closed: "The talk has ended. Nothing is being recorded.",
  activity_hearing: "I hear you …",
  activity_thinking: "One moment …",

  failed_refused:
    "The microphone is blocked. Allow it in the address bar of your browser (the lock or microphone sign), then press " +
    "the button again. You can also type below.",
  failed_missing: "No microphone was found. Connect one and press the button again, or type below.",
  failed_occupied:
    "Another program is using the microphone. Close it and press the button again, or type below.",
  failed_insecure:
    "The browser gives the microphone only to secure pages (https). You can type below.",
  failed_microphone: "The microphone could not be opened. Press the button to try again, or type below.",
  failed_unloaded: "The microphone could not be started. Press the button to try again, or type below.",
  failed_lost: "The microphone was disconnected. You can go on by typing, or connect one and press the button.",
  failed_audio: "This browser cannot play the voice here. The answers appear as text.",
  failed_unauthorized:
    "The server did not let this page in. Press the button to try again; if it stays so, please ask whoever runs it.",
  failed_forbidden: "This page may not open a talk on this server. Please ask whoever runs it.",
  failed_busy:
    "All places are still taken. Please try again in a few minutes. If you are in danger, do not wait for me: call " +
    "one of the numbers above.",
  failed_restarting: "The server is still restarting. Please press the button again in a few minutes.",
  failed_broken: "The connection broke and could not be opened again. Press the button to try once more.",
  failed_offline:
    "Your device is offline. Check its connection and press the button to try again. Telephone calls work without " +
    "the internet.",
  failed_unreachable: "The server cannot be reached. Please try again in a few minutes.",
  failed_server: "The server has a problem. Please try again in a few minutes.",
  failed_timeout: "The server did not answer in time. Please try again in a few minutes.",
  failed_policy: "The server ended this talk. Press the button to begin a new one.",
  failed_unexpected:
    "Something went wrong on this page. Press the button to try again; if that does not help, reload the page.",

  waiting_busy:
    "All places are taken just now. I will try again by myself in a moment. If you are in danger, do not wait for " +
    "me: call one of the numbers above.",
  waiting_restarting:
    "The server is restarting. I will connect again by myself in a moment; until then I cannot hear you.",
  waiting_broken: "The connection broke. I am connecting again by myself; until then I cannot hear you.",
  waiting_offline:
    "Your device is offline. I will connect again by myself as soon as it is back. Telephone calls work without the " +
    "internet.",
  waiting_unreachable: "The server cannot be reached just now. I keep trying by myself; until then I cannot hear you.",
  waiting_server: "The server has a problem just now. I keep trying by myself; until then I cannot hear you.",
  waiting_timeout: "The server is answering too slowly. I keep trying by myself; until then I cannot hear you.",

  closed_expired: "This talk has ended. What was said stays on the screen. Press the button to begin a new one.",
  closed_ended:
    "The server has ended this talk. What was said stays on the screen. Press the button to begin a new one.",
  closed_taken_over: "This talk goes on in another window.",

  noticeOffline: "Your device is offline. Telephone calls work without the internet.",
  noticeSoundPaused: "The sound is paused, so I can neither hear you nor speak. Touch the page to go on.",
  noticeMuted: "Your device has muted the microphone, so I cannot hear you. You can type.",
  noticeServerError: "Something went wrong on the server. The talk goes on.",
  noticeVoiceFailed: "My voice is not working just now; you can read the answer.",
  noticeResponseFailed: "I could not answer that just now. Please try once more.",

  myData: "My data: see, take with you, erase",
  myDataTitle: "My data",
  myDataIntro: "Here you see what this server keeps of you, and decide about it. Nobody else is shown this page with your data.",
  myDataKept: "What is kept",
  myDataLoading: "One moment …",
  myDataNothing: "Nothing is kept of you.",
  myDataTalks: "Talks",
  myDataTexts: "Talks of which the text is kept",
  myDataWhen: "When",
  myDataTurns: "Your sentences kept",
  myDataShared: "Shown to your therapist",
  myDataErased: "erased",
  myDataNone: "none",
  myDataNever: "What is never to be done",
  myDataNeverDetail:
    "Each of these is done only in talks for which it was agreed to: by you in that talk, or by the site on which you " +
    "talk. What you switch on here is done in no talk, whatever a site has agreed to for you, unless you allow it " +
    "yourself in a talk, for that talk. Switching it off again allows nothing by itself.",
  never_emotion: "Never guess my feelings from my voice",
  never_store_text: "Never keep the text of my talks",
  never_store_audio: "Never keep the sound of my voice",
  never_share: "Never show my talks to my therapist",
  never_research: "Never use my data for research",
  never_memory: "Never remember from one talk to the next what helped me",
  neverOn: "Not done in any talk.",
  neverOff: "Done only in talks for which it was agreed to.",
  myDataSaved: "Saved. It holds from now on, also in a talk under way.",
  myDataTake: "Take it with you",
  myDataTakeDetail: "A file with all that is kept, which other programs can read.",
  myDataDownload: "Download",
  myDataErase: "Erase everything",
  myDataEraseDetail:
    "All talks, notes and sound are erased, and nothing of a talk under way is kept any more. This can't be undone. " +
    "That something was erased, and when, stays noted, without your name.",
  myDataEraseAsk: "Erase everything that is kept of you? This can't be undone.",
  myDataEraseYes: "Yes, erase everything",
  myDataEraseNo: "No, keep it",
  myDataIsErased: "Everything that was kept of you is erased.",
  myDataFailed: "That did not work just now. Please try again in a moment.",
  myDataNoToken:
    "This page doesn't know whose data to show, or its time is over. Please open it again from the page on which you " +
    "talk with Hamdel.",
  myDataAnonymous: "You talk without a name here, so nothing of your talks is kept and there is nothing to show.",

  susTitle: "How well does Hamdel work for you?",
  susIntro:
    "Ten statements about using Hamdel; they take about two minutes, and you need not answer them. Your answers are " +
    "kept with your data. If you show talks to your therapist, they can see the result, and it counts, without your " +
    "name, in the figures of the service.",
  susLast: "Last answered",
  susRefused:
    "“Never keep the text of my talks” is on, so answers can't be kept either. Switch it off above if you want to answer.",
  sus_1: "I think that I would like to use Hamdel frequently.",
  sus_2: "I found Hamdel unnecessarily complex.",
  sus_3: "I thought Hamdel was easy to use.",
  sus_4: "I think that I would need the support of a technical person to be able to use Hamdel.",
  sus_5: "I found the various functions in Hamdel were well integrated.",
  sus_6: "I thought there was too much inconsistency in Hamdel.",
  sus_7: "I would imagine that most people would learn to use Hamdel very quickly.",
  sus_8: "I found Hamdel very cumbersome to use.",
  sus_9: "I felt very confident using Hamdel.",
  sus_10: "I needed to learn a lot of things before I could get going with Hamdel.",
  agree_1: "Strongly disagree",
  agree_2: "Disagree",
  agree_3: "Neither",
  agree_4: "Agree",
  agree_5: "Strongly agree",
  susMissing: "Please choose one of the five.",
  susIncomplete: "Not every statement has an answer yet.",
  susSend: "Send the answers",
  susThanks: "Thank you. Your answers have arrived.",
  susAgain: "Answer again",

  composerLabel: "Type instead of speaking",
  composerPlaceholder: "Or type here …",
  send: "Send",

  emergency: "If your life is in danger, call your local emergency number (112 in many countries).",
});
